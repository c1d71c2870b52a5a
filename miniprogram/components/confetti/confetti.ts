const PIECES = 16
const COLOURS = ['#C8402A', '#1E7B63', '#E0B057', '#3C6FB4']

/** A small celebration: pieces of paper fall once and cover no button. */
Component({
  data: {
    // Spread by the golden ratio: even, and it looks random.
    pieces: Array.from({ length: PIECES }, (_, at) => ({
      at,
      style:
        `left: ${Math.round(((at * 0.618) % 1) * 96)}%; ` +
        `animation-delay: ${(at % 5) * 90}ms; background: ${COLOURS[at % COLOURS.length]}`,
    })),
  },
})
