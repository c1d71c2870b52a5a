import type { ClusterEvent } from '../../tools/cluster-page/report.ts'
import { colourOf, make } from './dom.ts'
import { listed } from './log.ts'
import type { Move } from './moves.ts'
import { short } from './scale.ts'
import { fill, words } from './words.ts'

const SHOWN = 9

/** Events of nodes and players, newest first, one line each. */
export function createEventList(): { element: HTMLElement; show(events: readonly ClusterEvent[], moves: readonly Move[]): void } {
  const list = make('ol', 'events')
  let last = ''
  list.setAttribute('aria-live', 'polite')
  const legend = make(
    'p',
    'marks',
    ...(['killed', 'stopping', 'ready'] as const).map((what) => make('span', `mark-key ${what}`, words.marks[what])),
  )
  return {
    element: make('section', 'card', make('div', 'chart-head', make('h2', '', words.events)), list, legend),
    show(events, moves) {
      const newest = `${events.at(-1)?.at} ${moves.at(-1)?.at}`
      if (newest === last) return
      last = newest
      const ofNodes = listed(events).map((event) => ({ at: event.at, line: () => lineOf(event) }))
      const ofPlayers = moves.map((move) => ({ at: move.at, line: () => lineOfMove(move) }))
      const lines = [...ofNodes, ...ofPlayers]
        .sort((one, two) => two.at - one.at)
        .slice(0, SHOWN)
        .map(({ line }) => line())
      list.replaceChildren(...(lines.length > 0 ? lines : [make('li', 'none', words.quiet)]))
    },
  }
}

const timeOf = (at: number): HTMLElement => make('time', '', new Date(at).toLocaleTimeString('en-GB'))

const lineOf = ({ at, node, what }: ClusterEvent): HTMLElement =>
  make(
    'li',
    what,
    timeOf(at),
    make('span', `name ${node === 'redis' ? '' : colourOf(node)}`, node === 'redis' ? 'Redis' : node),
    make('span', 'what', words.happenings[what]),
  )

const lineOfMove = ({ at, player, from, to, ms }: Move): HTMLElement =>
  make(
    'li',
    'moved',
    timeOf(at),
    make(
      'span',
      'what',
      make('span', 'who', player),
      ` ${fill(fill(fill(words.moved, from), to, 1), short(Math.round(ms / 100) / 10), 2)}`,
    ),
  )
