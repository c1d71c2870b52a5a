import { privacy, showError, texts } from '../../services/app'
import { fill } from '../../services/texts'

/** The button's id, which WeChat checks: see services/privacy.ts. */
const AGREE = 'agree-privacy'

/** Ends the registration of a sheet. */
const releases = new WeakMap<object, () => void>()

/**
 * Asks the player to accept the privacy agreement, on every page that uses something that needs it. Nothing is decided for them: both
 * buttons stay.
 */
Component({
  data: { t: texts(), open: false, body: '', contract: '' },

  lifetimes: {
    attached() {
      this.use()
    },
    detached() {
      this.forget()
    },
  },
  pageLifetimes: {
    show() {
      this.use()
    },
    hide() {
      this.forget()
    },
  },
  methods: {
    use() {
      this.forget()
      const close = (): void => {
        if (this.data.open) this.setData({ open: false })
      }
      const open = (contract: string): void =>
        this.setData({
          open: true,
          contract: contract || texts().privacyContract,
          body: fill(texts().privacyBody, contract || texts().privacyContract),
        })
      releases.set(this, privacy().use({ open, close }))
    },
    forget() {
      releases.get(this)?.()
      releases.delete(this)
    },
    read() {
      privacy().openContract((error) => showError(error, {}, texts().privacyUnread))
    },
    agree() {
      privacy().agree(AGREE)
    },
    decline() {
      privacy().decline()
    },
    /** Touches do not go through the sheet. */
    stay() {},
  },
})
