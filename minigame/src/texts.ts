/** What the screen says. `{0}` is a name or a number. */
const zh = {
  title: '猜拳', rock: '石头', paper: '布', scissors: '剪刀', find: '找对手', bot: '和机器人练习', cancel: '取消', leave: '认输', again: '再来一局', asked: '等待对手同意…', other: '换个对手', back: '返回',
  connecting: '正在连接…', offline: '没有网络', replaced: '已在另一台设备上登录，轻触继续', closed: '无法连接，轻触重试', idle: '三局两胜，每回合十秒',
  searching: '正在寻找对手…', waiting: '等待对手准备', choose: '请出拳', chosen: '已出拳，等待对手', away: '对手掉线了', seconds: '{0} 秒',
  won: '你赢了', lost: '你输了', drawn: '平局', wonRound: '这回合你赢了', lostRound: '这回合你输了', drawnRound: '平手，重来', you: '你', rating: '积分 {0}', failed: '没有成功，请再试一次',
}
type Texts = typeof zh
const en: Texts = {
  title: 'Caiquan', rock: 'Rock', paper: 'Paper', scissors: 'Scissors', find: 'Find an opponent', bot: 'Practise with a bot', cancel: 'Cancel', leave: 'Give up', again: 'Play again', asked: 'Waiting for the opponent…', other: 'New opponent', back: 'Back',
  connecting: 'Connecting…', offline: 'No network', replaced: 'Playing on another device: tap to go on here', closed: 'No connection: tap to try again', idle: 'Best of three, ten seconds a round',
  searching: 'Looking for an opponent…', waiting: 'Waiting for the opponent', choose: 'Choose your hand', chosen: 'Chosen. Waiting for the opponent', away: 'The opponent is offline', seconds: '{0} s',
  won: 'You won', lost: 'You lost', drawn: 'A draw', wonRound: 'You won the round', lostRound: 'You lost the round', drawnRound: 'A draw: once more', you: 'You', rating: 'Rating {0}', failed: 'That did not work: please try again',
}

export type { Texts }
/** Chinese for Chinese phones, English for all others. */
export const textsFor = (language: string): Texts => (language.toLowerCase().indexOf('zh') === 0 ? zh : en)
export const fill = (text: string, value: string | number): string => text.replace('{0}', String(value))
