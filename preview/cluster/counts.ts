import type { Counts } from '../../tools/cluster-page/report.ts'
import { make, setText } from './dom.ts'
import { words } from './words.ts'

/** The claim in numbers, counted from the stores since the cluster started. */
export function createCounts(): { element: HTMLElement; show(counts: Counts | null): void } {
  const entries = (['decided', 'recorded', 'acknowledged', 'lost', 'twice'] as const).map((name) => {
    const value = make('b', '', '–')
    const element = make('div', `count-of ${name}`, value, make('span', '', words.counts[name]))
    return { name, value, element }
  })
  const element = make(
    'section',
    'card counts',
    make('h2', '', words.countsTitle),
    make('div', 'count-row', ...entries.map((entry) => entry.element)),
    make('p', 'hint', words.countsHint),
  )
  element.setAttribute('aria-label', words.countsTitle)
  return {
    element,
    show(counts) {
      element.hidden = counts === null
      if (!counts) return
      for (const { name, value, element: entry } of entries) {
        setText(value, counts[name].toLocaleString('en'))
        if (name === 'lost' || name === 'twice') entry.dataset['bad'] = String(counts[name] > 0)
      }
    },
  }
}
