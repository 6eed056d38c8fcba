import type { Peer } from '../index.js'
import type { Output } from './output/output.js'
import { printable } from './text.js'

/**
 * Tells what happens by itself.
 * @param isServing - without it, that published files are not there is what was wanted, and not told
 */
export function reportEvents(peer: Peer, output: Output, isServing: boolean): void {
  const tell = (event: string, message: string, more: object = {}): void =>
    output.note(message, { event, message, ...more })
  // While a session is opened the share folder is looked at.
  let isOpening = true
  let wasOnline = false
  peer.on('warning', ({ message }) => {
    if (isServing || !isOpening) tell('warning', printable(message))
  })
  peer.on('offline', ({ message }) => {
    isOpening = true
    tell('offline', `Offline: ${printable(message)}`)
  })
  peer.on('online', () => {
    isOpening = false
    if (wasOnline) tell('online', 'Online again.')
    wasOnline = true
  })
  if (!isServing) return
  peer.on('upload', (upload) => {
    const name = printable(upload.name)
    const about = { name: upload.name, host: upload.receiver.host, username: upload.receiver.username }
    upload.on('started', () => tell('sending', `Sending ${name} to ${upload.receiver.host}`, about))
    upload.done.then(
      () => tell('sent', `Sent ${name}`, about),
      (error: Error) => tell('notSent', `Could not send ${name}: ${printable(error.message)}`, about),
    )
  })
}
