/** One hand, drawn: a move, `hidden` for one that is chosen and not shown yet, `none` for none. */
Component({
  properties: {
    kind: { type: String, value: 'none' },
    label: { type: String, value: '' },
    /** Turns the hand towards the left player. */
    mirrored: { type: Boolean, value: false },
  },
})
