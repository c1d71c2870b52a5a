// `npm run screenshots`: the pictures of the READMEs, taken of the real pages on a real cluster.
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as think } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { MOVES } from '../client-sdk/src/protocol.ts'
import { startCluster, type Cluster } from '../tools/cluster/cluster.ts'
import { buildPreview } from '../preview/build.ts'
import { openBrowser, Tab } from './support/browser.ts'
import { TestPlayer } from './support/player.ts'

const IMAGES = join(import.meta.dirname, '../docs/images')
/** A picture above this size is too large for a reader of a README to load. */
const MAX_BYTES = 190_000
/** Enough play for the charts to have something to show. */
const PLAYERS = 24
const PLAY_MS = 40_000

const LANGUAGES = {
  en: {
    locale: 'en-US',
    names: ['Ann', 'Bob'],
    nickname: 'Nickname',
    avatar: 'Change picture',
    ranked: 'Ranked',
    rock: 'Rock',
    scissors: 'Scissors',
    moved: 'has chosen',
    gotIt: 'Got it',
    round: 'You won this round',
    won: '(+',
    room: 'Invite a friend',
    kill: 'Kill',
  },
  zh: {
    locale: 'zh-CN',
    names: ['小安', '阿博'],
    nickname: '昵称',
    avatar: '更换头像',
    ranked: '排位赛',
    rock: '石头',
    scissors: '剪刀',
    moved: '已出拳，请出拳',
    gotIt: '知道了',
    round: '这一局你赢了',
    won: '（+',
    room: '邀请好友',
    kill: '杀掉',
  },
} as const
type Language = keyof typeof LANGUAGES

const playerAddress = (url: string, language: Language, at: number): string => `${url}/?player=picture-${language}-${at}`

async function shoot(tab: Tab, name: string): Promise<void> {
  // Waits until every movement has ended, except those that never end.
  await tab.page.evaluate(
    `Promise.all(
      document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < 3000).map((one) => one.finished)
    ).then(() => null)`,
  )
  const path = join(IMAGES, `${name}.png`)
  await tab.page.screenshot({ path })
  const { size } = statSync(path)
  process.stdout.write(`${path} (${Math.round(size / 1024)} KB)\n`)
  if (size > MAX_BYTES) throw new Error(`${path} is larger than ${MAX_BYTES} bytes.`)
}

async function enter(tab: Tab, language: Language, name: string, picture: string): Promise<void> {
  const words = LANGUAGES[language]
  await tab.ready()
  await tab.page.getByRole('textbox', { name: words.nickname }).fill(name)
  await tab.press(words.avatar)
  await tab.page.getByRole('button', { name: picture, exact: true }).click()
  await tab.page.locator('page .me img').waitFor()
}

async function game(browser: Browser, url: string, language: Language): Promise<void> {
  const words = LANGUAGES[language]
  const options = { locale: words.locale, viewport: { width: 360, height: 720 } }
  const [ann, bob] = await Promise.all(words.names.map((_, at) => Tab.open(browser, playerAddress(url, language, at), options)))
  if (!ann || !bob) throw new Error('Two players are needed.')
  await Promise.all([enter(ann, language, words.names[0], 'scissors'), enter(bob, language, words.names[1], 'paper')])
  await ann.press(words.gotIt)
  await ann.page.locator('[role="status"]').filter({ hasText: /\d/ }).first().waitFor()
  await shoot(ann, `home-${language}`)
  await Promise.all([ann.press(words.ranked), bob.press(words.ranked)])
  await bob.press(words.scissors)
  await ann.sees(words.moved)
  await shoot(ann, `match-${language}`)
  await ann.press(words.rock)
  await ann.sees(words.round)
  await shoot(ann, `round-${language}`)
  await Promise.all([ann.press(words.rock), bob.press(words.scissors)])
  await ann.sees(words.won)
  await shoot(ann, `won-${language}`)
  await Promise.all([ann.close(), bob.close()])
}

/** Pairs of players that play again and again, on any node that lives. */
async function playMatches(cluster: Cluster): Promise<void> {
  const until = performance.now() + PLAY_MS
  let at = 0
  const anyNode = (): string => cluster.nodes[at++ % cluster.nodes.length]?.url ?? ''
  const players = await Promise.all(Array.from({ length: PLAYERS }, (_, number) => TestPlayer.join(`player-${number}`, anyNode())))
  for (const player of players) player.reconnectTo = anyNode
  const random = async () => {
    await think(300 + Math.random() * 1200)
    return MOVES[Math.floor(Math.random() * MOVES.length)] ?? 'rock'
  }
  const play = async (one: TestPlayer, two: TestPlayer): Promise<void> => {
    while (performance.now() < until) {
      const { match, code } = await one.request('room:create', { bestOf: 5 })
      await two.request('room:join', { code })
      await Promise.all([one, two].map((player) => player.play(match.id, random)))
    }
  }
  // A player whose node dies while they ask for a room gives up: the picture has other players.
  await Promise.allSettled(players.flatMap((one, number) => (number % 2 === 0 ? [play(one, players[number + 1] ?? one)] : [])))
  for (const player of players) player.close()
}

async function clusterPage(browser: Browser, cluster: Cluster, language: Language): Promise<void> {
  const playing = playMatches(cluster)
  const { locale, names, kill } = LANGUAGES[language]
  const page = await Tab.open(browser, `${cluster.info.url}/cluster`, { locale, viewport: { width: 1100, height: 1060 } })
  for (const at of names.keys()) await (await page.beside(playerAddress(cluster.info.url, language, at))).ready()
  const node = await page.node()
  await page.page.bringToFront()
  await page.page.getByRole('article', { name: node }).getByText(names[1]).waitFor()
  await think(PLAY_MS / 3)
  await page.press(`${kill} ${node}`)
  await think(PLAY_MS / 3)
  await shoot(page, `cluster-${language}`)
  await page.close()
  await playing
}

const dataDir = mkdtempSync(join(tmpdir(), 'caiquan-pictures-'))
mkdirSync(IMAGES, { recursive: true })
await buildPreview()
const browser = await openBrowser()
const cluster = await startCluster({ dataDir, page: true, supervise: true })
try {
  for (const language of ['en', 'zh'] as const) await game(browser, cluster.info.url, language)
  for (const language of ['en', 'zh'] as const) await clusterPage(browser, cluster, language)
} finally {
  await browser.close()
  await cluster.close()
  rmSync(dataDir, { recursive: true, force: true })
}
