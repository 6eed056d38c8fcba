import type { PeersRequest } from '../../wire/messages.js'
import type { Handler } from './context.js'

/** Names the other active users, sorted. */
export const peers: Handler<PeersRequest> = ({ sessions }, session, { after, limit }) => {
  const usernames: string[] = []
  for (const { username } of sessions.list()) {
    if (username !== session.username && (after === undefined || username > after)) usernames.push(username)
  }
  usernames.sort()
  const shown = limit === undefined ? usernames : usernames.slice(0, limit)
  return {
    type: 'peers',
    items: shown.map((username) => ({ username })),
    more: shown.length < usernames.length,
  }
}
