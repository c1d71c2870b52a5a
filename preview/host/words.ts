/** The few texts that WeChat itself would show. */
const WORDS = {
  zh: {
    copied: '链接已复制',
    link: '链接',
    ok: '确定',
    cancel: '取消',
    back: '返回',
    picture: '选择头像',
    message: '允许发送一次消息？',
    contract: '发布时，这里是微信后台填写的隐私保护指引。',
    cluster: '看看集群',
  },
  en: {
    copied: 'Link copied',
    link: 'Link',
    ok: 'OK',
    cancel: 'Cancel',
    back: 'Back',
    picture: 'Choose a picture',
    message: 'Allow one message?',
    contract: 'Once published, this is the agreement from the settings of the mini program.',
    cluster: 'Watch the cluster',
  },
}

/** In WeChat's form: `zh_CN`, `en`. `?lang=` in the address takes precedence over the browser's. */
export const language = (): string => (new URLSearchParams(location.search).get('lang') ?? navigator.language).replace('-', '_')
export const words = (): (typeof WORDS)['zh'] => (language().startsWith('zh') ? WORDS.zh : WORDS.en)
