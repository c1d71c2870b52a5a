/** One line above each page: what the connection has to say, else something quiet. It keeps its place, so nothing jumps. */
Component({
  properties: {
    text: { type: String, value: '' },
    quiet: { type: String, value: '' },
    action: { type: String, value: '' },
  },
  methods: {
    act() {
      this.triggerEvent('act')
    },
  },
})
