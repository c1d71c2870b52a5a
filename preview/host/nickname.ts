/** WeChat's own check of what is typed into a field for a nickname: when the field loses the focus, it empties what it refuses. */
const REFUSED = /违规|forbidden/i
/** As long as a quick reply of WeChat's, ms. */
const CHECK_MS = 100

let underway: Promise<void> = Promise.resolve()

/** Starts a check. @param done receives the result */
export function reviewNickname(field: HTMLInputElement, done: (pass: boolean) => void): void {
  const checked = field.value
  underway = new Promise((resolve) => {
    setTimeout(() => {
      const pass = !REFUSED.test(checked)
      if (!pass && field.value === checked) field.value = ''
      done(pass)
      resolve()
    }, CHECK_MS)
  })
}

/** Resolves once no check is in progress. */
export const reviewed = (): Promise<void> => underway
