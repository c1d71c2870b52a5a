import { expect, test } from 'vitest'
import { Privacy, privacyFailure, type PrivacyApi } from '../../../miniprogram/services/privacy.ts'

type Ask = Parameters<NonNullable<PrivacyApi['onNeedPrivacyAuthorization']>>[0]

/** A stand-in for WeChat, which asks when `need` is called, and the answer that it got. */
function phone() {
  let listener: Ask = () => undefined
  const answers: string[] = []
  const privacy = new Privacy({
    onNeedPrivacyAuthorization: (given) => void (listener = given),
    getPrivacySetting: ({ success }) => success({ needAuthorization: true, privacyContractName: '《指引》' }),
  })
  privacy.start()
  const shown: string[] = []
  const use = () => privacy.use({ open: (contract) => void shown.push(contract), close: () => void shown.push('closed') })
  return {
    privacy,
    answers,
    shown,
    use,
    need: () => listener(({ event, buttonId }) => void answers.push(buttonId ? `${event} ${buttonId}` : event)),
  }
}

test('all calls that wait get the one answer, and none of them an old one', () => {
  const { privacy, answers, shown, use, need } = phone()
  use()
  need()
  need()
  expect(shown).toEqual(['《指引》', '《指引》'])
  privacy.agree('button')
  expect(answers).toEqual(['exposureAuthorization', 'exposureAuthorization', 'agree button', 'agree button'])
  need()
  privacy.decline()
  expect(answers.slice(4)).toEqual(['exposureAuthorization', 'disagree'])
})

test('without a page to ask on, or once it is left, the player has not agreed', () => {
  const { answers, use, need } = phone()
  need()
  expect(answers).toEqual(['disagree'])
  const leave = use()
  need()
  leave()
  expect(answers).toEqual(['disagree', 'exposureAuthorization', 'disagree'])
  need()
  expect(answers.at(-1)).toBe('disagree')
})

test('a version of WeChat without the agreement asks for nothing', () => {
  const privacy = new Privacy({})
  const results: unknown[] = []
  privacy.start()
  privacy.require((error) => results.push(error))
  privacy.name((contract) => results.push(contract))
  privacy.openContract((error) => results.push(error))
  expect(results).toEqual(['', null])
})

test.each([
  [{ errno: 104, errMsg: 'x' }, 'declined'],
  [{ errMsg: 'setClipboardData:fail privacy permission is not authorized' }, 'declined'],
  [{ errno: 112 }, 'undeclared'],
  [{ errMsg: 'chooseAvatar:fail api scope is not declared in the privacy agreement' }, 'undeclared'],
  [{ errno: 1, errMsg: 'setClipboardData:fail' }, null],
  [null, null],
])('%j means %s', (error, meaning) => {
  expect(privacyFailure(error)).toBe(meaning)
})
