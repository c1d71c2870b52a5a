/** The picture of a shared card, at 5 : 4, where there is no result to show. Made of images/share.svg. */
export const SHARE_PICTURE = '/images/share.png'
