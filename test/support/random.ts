export { pick, randomMove, randomOf } from '../../ops/play/random.ts'
