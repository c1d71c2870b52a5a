/** What the connection has to say. It keeps its place, so that nothing jumps when it comes and goes. */
Component({
  properties: {
    text: { type: String, value: '' },
    action: { type: String, value: '' },
  },
  methods: {
    act() {
      this.triggerEvent('act')
    },
  },
})
