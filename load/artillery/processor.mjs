// Artillery would bundle a processor in TypeScript by itself; this Node runs it as it is.
export { idle, play, room, storm } from '../virtual-players.ts'
