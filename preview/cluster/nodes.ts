import type { NodeReport } from '../../tools/cluster-page/report.ts'
import type { TabState } from '../host/tabs.ts'
import { killNode, stallNode, stopNode } from './control.ts'
import { colourOf, make, setText } from './dom.ts'
import { short } from './scale.ts'
import { fill, words } from './words.ts'

export interface NodeList {
  element: HTMLElement
  /** `alone`: there is no other node to take over. */
  show(nodes: NodeReport[], tabs: TabState[]): void
}

/** A card for each node, which stays in its place while the node dies and comes back. */
export function createNodeList(run: (act: () => Promise<void>) => void): NodeList {
  const cards = new Map<string, NodeCard>()
  const element = make('div', 'nodes')
  return {
    element,
    show(nodes, tabs) {
      for (const [name, card] of cards) {
        if (nodes.some((node) => node.name === name)) continue
        card.element.remove()
        cards.delete(name)
      }
      const wanted = nodes.filter(({ state }) => state !== 'gone' && state !== 'draining').length
      for (const node of nodes) {
        let card = cards.get(node.name)
        if (!card) {
          card = createCard(node.name, run)
          cards.set(node.name, card)
          element.append(card.element)
        }
        card.show(
          node,
          tabs.filter((tab) => tab.node === node.name),
          wanted === 1,
        )
      }
    },
  }
}

interface NodeCard {
  element: HTMLElement
  show(node: NodeReport, tabs: TabState[], last: boolean): void
}

function createCard(name: string, run: (act: () => Promise<void>) => void): NodeCard {
  const state = make('span', 'state')
  const facts = make('p', 'facts')
  const tabs = make('div', 'tabs')
  const button = (label: string, hint: string, className: string, act: () => Promise<void>): HTMLButtonElement => {
    const element = make('button', className, label)
    element.type = 'button'
    element.title = hint
    element.setAttribute('aria-label', `${label} ${name}`)
    element.addEventListener('click', () => run(act))
    return element
  }
  const stop = button(words.stop, words.stopHint, 'quiet', () => stopNode(name))
  const kill = button(words.kill, words.killHint, 'danger', () => killNode(name))
  const stall = button(words.stall, words.stallHint, 'quiet', () => stallNode(name))
  const element = make(
    'article',
    `card node ${colourOf(name)}`,
    make('div', 'node-head', make('h3', '', name), state),
    facts,
    tabs,
    make('div', 'buttons', stop, stall, kill),
  )
  element.setAttribute('aria-label', name)
  return {
    element,
    show(node, own, last) {
      element.dataset['state'] = node.state
      setText(state, words.states[node.state])
      const parts = [
        node.connections === null ? '' : fill(words.sockets, node.connections),
        node.roundsPerSecond === null ? '' : fill(words.perSecond, short(Math.round(node.roundsPerSecond * 10) / 10)),
        node.state === 'gone' ? '' : fill(words.pid, node.pid),
        node.deaths > 0 ? fill(words.deaths, node.deaths) : '',
      ]
      setText(facts, parts.filter(Boolean).join(' · '))
      showTabs(tabs, own)
      stop.disabled = last || node.state === 'gone' || node.state === 'draining'
      stall.disabled = node.state !== 'ready'
      kill.disabled = node.state === 'gone' || node.state === 'down'
    },
  }
}

/** The players of this browser on this node. */
export function showTabs(element: HTMLElement, tabs: TabState[]): void {
  const wanted = tabs.map(({ player }) => player || '…').join('\n')
  if (element.dataset['shown'] === wanted) return
  element.dataset['shown'] = wanted
  if (tabs.length === 0) element.replaceChildren(make('span', 'none', words.noTabs))
  else element.replaceChildren(...tabs.map(({ player }) => make('span', 'tab', player || '…')))
}
