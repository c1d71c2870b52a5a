// A page to play Gomoku on: the SDK and the DOM, nothing else. Open it in two tabs: each tab is a player of its own.
import { createGameClient, type MatchView } from '../../client-sdk/src/index.ts'
import { SIZE, type GomokuMove, type GomokuView } from './rules.ts'

const CHINESE = navigator.language.startsWith('zh')
const TEXTS = CHINESE
  ? {
      title: '五子棋',
      find: '找对手',
      cancel: '取消',
      practice: '和机器人下',
      leave: '认输',
      again: '再来一局',
      asked: '等待对手同意…',
      back: '返回',
      connecting: '连接中…',
      idle: '轮流落子，五子连珠者胜。',
      queued: '正在寻找对手…',
      yours: '轮到你了',
      theirs: '等对手落子',
      away: '对手掉线了',
      won: '你赢了',
      lost: '你输了',
      drawn: '和棋',
      row: '行',
      column: '列',
    }
  : {
      title: 'Gomoku',
      find: 'Find an opponent',
      cancel: 'Cancel',
      practice: 'Play the bot',
      leave: 'Give up',
      again: 'Play again',
      asked: 'Waiting for the opponent…',
      back: 'Back',
      connecting: 'Connecting…',
      idle: 'Players move in turn; five in a row win.',
      queued: 'Looking for an opponent…',
      yours: 'Your move',
      theirs: "The opponent's move",
      away: 'The opponent is offline',
      won: 'You won',
      lost: 'You lost',
      drawn: 'A draw',
      row: 'row',
      column: 'column',
    }

/** Each tab is a player of its own, and remains the same player after a reload. */
const name =
  new URLSearchParams(location.search).get('player') ??
  sessionStorage.getItem('name') ??
  `gomoku-${Math.floor(1000 + Math.random() * 9000)}`
sessionStorage.setItem('name', name)
let codes = 0
const client = createGameClient<{ move: GomokuMove; game: GomokuView }>({
  url: location.origin,
  storageKey: `gomoku.${name}`,
  profile: { nickname: name },
  // The stand-in for WeChat accepts any code once; the part before the dot names the person.
  login: () => `${name}.${Date.now()}x${(codes += 1)}`,
})

const element = <K extends keyof HTMLElementTagNameMap>(tag: K, className = '', text = ''): HTMLElementTagNameMap[K] => {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = text
  return made
}
const main = document.querySelector('main') ?? document.body
const status = element('p', 'status')
status.setAttribute('role', 'status')
const players = element('p', 'players')
const board = element('div', 'board')
const buttons = element('p', 'buttons')
main.append(element('h1', '', TEXTS.title), players, status, board, buttons)
document.title = TEXTS.title
document.documentElement.lang = CHINESE ? 'zh-CN' : 'en'

const cells = Array.from({ length: SIZE * SIZE }, (_, index) => {
  const cell = element('button', 'cell')
  cell.type = 'button'
  cell.addEventListener('click', () => void play({ x: index % SIZE, y: Math.floor(index / SIZE) }))
  board.append(cell)
  return cell
})

type View = MatchView<GomokuMove, GomokuView>
let failure = ''

async function attempt(task: Promise<unknown>): Promise<void> {
  failure = ''
  try {
    await task
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error)
  }
  render()
}
const play = (move: GomokuMove): Promise<void> => attempt(client.move(move))

function button(text: string, run: () => Promise<unknown>): void {
  const made = element('button', 'button', text)
  made.type = 'button'
  made.addEventListener('click', () => void attempt(run()))
  buttons.append(made)
}

function statusOf(match: View | null, seat: 0 | 1 | null, online: boolean, queued: boolean): string {
  if (failure !== '') return failure
  if (!online) return TEXTS.connecting
  if (queued) return TEXTS.queued
  if (!match || seat === null) return TEXTS.idle
  if (match.result) return match.result.winner === null ? TEXTS.drawn : match.result.winner === seat ? TEXTS.won : TEXTS.lost
  if (match.game?.turn === seat) return TEXTS.yours
  const opponent = match.seats[seat === 0 ? 1 : 0]
  return opponent && !opponent.connected ? TEXTS.away : TEXTS.theirs
}

function render(): void {
  const { connection, search } = client.snapshot
  const { seat } = client
  const { match } = client
  const playing = match?.status === 'playing'
  status.textContent = statusOf(match, seat, connection.status === 'online', search !== null)
  players.textContent = match ? match.seats.map(({ player }, index) => `${index === 0 ? '●' : '○'} ${player.nickname}`).join('   ') : name
  const game = match?.game
  board.hidden = !game
  cells.forEach((cell, index) => {
    const stone = game?.board[index] ?? '.'
    const [x, y] = [index % SIZE, Math.floor(index / SIZE)]
    cell.dataset['stone'] = stone
    cell.dataset['last'] = String(game?.last?.x === x && game.last.y === y)
    cell.disabled = !playing || stone !== '.' || game?.turn !== seat
    cell.setAttribute('aria-label', `${TEXTS.row} ${y + 1}, ${TEXTS.column} ${x + 1}${stone === '.' ? '' : stone === '0' ? ' ●' : ' ○'}`)
  })
  buttons.replaceChildren()
  if (search) button(TEXTS.cancel, () => client.cancel())
  else if (playing) button(TEXTS.leave, () => client.leave())
  else {
    button(TEXTS.find, () => client.find({ mode: 'casual', bestOf: 1 }))
    button(TEXTS.practice, () => client.find({ mode: 'practice', bestOf: 1 }))
    if (match?.status === 'finished') {
      if (seat !== null && match.rematch?.[seat]) buttons.append(element('span', '', TEXTS.asked))
      else button(TEXTS.again, () => client.rematch())
    }
  }
}

client.subscribe(render)
render()
void attempt(client.connect())
