import type { ClusterEvent } from '../../ops/page/report.ts'
import { colourOf, make } from './dom.ts'
import { words } from './words.ts'

const SHOWN = 7

/** What happened to the nodes, the newest first. */
export function createEventList(): { element: HTMLElement; show(events: ClusterEvent[]): void } {
  const list = make('ol', 'events')
  let last: number | null = null
  list.setAttribute('aria-live', 'polite')
  return {
    element: make('section', 'card', make('div', 'chart-head', make('h2', '', words.events)), list),
    show(events) {
      const newest = events.at(-1)?.at ?? 0
      if (newest === last) return
      last = newest
      const lines = events.slice(-SHOWN).toReversed().map(({ at, node, what }) => {
        const time = make('time', '', new Date(at).toLocaleTimeString('en-GB'))
        return make('li', what, time, make('span', `name ${colourOf(node)}`, node), make('span', 'what', words.happenings[what]))
      })
      list.replaceChildren(...(lines.length > 0 ? lines : [make('li', 'none', words.quiet)]))
    },
  }
}
