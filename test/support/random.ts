export { pick, randomMove, randomOf } from '../../tools/play/random.ts'
