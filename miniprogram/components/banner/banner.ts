/** One line above each page: the state of the connection, or else a quiet message. It keeps its place, so nothing jumps. */
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
