import { privacy, texts } from '../../services/app'
import { AGREE_BUTTON } from '../../services/privacy'

/** The sheet that asks for the player's consent to the privacy guide, on pages that use what it is about. */
Component({
  data: { t: texts(), asking: false, contract: '', agreeId: AGREE_BUTTON },
  lifetimes: {
    attached() {
      const self = this as unknown as { stop: () => void }
      self.stop = privacy().onChange(() => {
        const { asking, contract } = privacy()
        this.setData({ asking, contract: contract || texts().privacyGuide })
      })
    },
    detached() {
      const self = this as unknown as { stop: () => void }
      self.stop()
    },
  },
  methods: {
    agree() {
      privacy().agree()
    },
    decline() {
      privacy().decline()
    },
    read() {
      privacy().read()
    },
    /** What is below the sheet is not to be tapped. */
    stay() {},
  },
})
