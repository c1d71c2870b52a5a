/**
 * Which interfaces and components of WeChat process personal information, by the name under which the privacy guide of the mini program
 * must declare it. WeChat switches off an interface that is used and not declared (errno 112), and a reviewer refuses the version. Source:
 * https://developers.weixin.qq.com/miniprogram/dev/framework/user-privacy/miniprogram-intro.html
 */
export const PRIVATE_INFORMATION: Readonly<Record<string, RegExp>> = {
  '昵称、头像': /open-type="chooseAvatar"|type="nickname"|wx\.getUser(?:Profile|Info)\b/,
  位置信息: /wx\.(?:getLocation|getFuzzyLocation|startLocationUpdate|startLocationUpdateBackground)\b/,
  选择的位置信息: /wx\.choose(?:Poi|Location)\b/,
  地址: /wx\.chooseAddress\b/,
  发票信息: /wx\.chooseInvoice(?:Title)?\b/,
  微信运动步数: /wx\.getWeRunData\b/,
  手机号: /open-type="get(?:Realtime)?PhoneNumber"/,
  车牌号: /wx\.chooseLicensePlate\b/,
  选中的照片或视频: /wx\.choose(?:Image|Media|Video)\b/,
  选中的文件: /wx\.chooseMessageFile\b/,
  麦克风: /wx\.(?:startRecord|getRecorderManager|joinVoIPChat)\b/,
  摄像头: /wx\.createVKSession\b|<camera\b/,
  蓝牙: /wx\.(?:openBluetoothAdapter|createBLEPeripheralServer)\b/,
  '相册（仅写入）': /wx\.save(?:Image|Video)ToPhotosAlbum\b/,
  '通讯录（仅写入）': /wx\.addPhoneContact\b/,
  '日历（仅写入）': /wx\.addPhone(?:Repeat)?Calendar\b/,
  加速传感器: /wx\.startAccelerometer\b/,
  磁场传感器: /wx\.startCompass\b/,
  方向传感器: /wx\.startDeviceMotionListening\b/,
  陀螺仪传感器: /wx\.startGyroscope\b/,
  剪切板: /wx\.[gs]etClipboardData\b/,
}

/** The personal information that the sources process, with the file where each is first used. */
export function privateInformationIn(sources: ReadonlyMap<string, string>): Map<string, string> {
  const found = new Map<string, string>()
  for (const [information, use] of Object.entries(PRIVATE_INFORMATION)) {
    for (const [file, text] of sources) {
      if (!use.test(text)) continue
      found.set(information, file)
      break
    }
  }
  return found
}
