/** What one end chooses alone. Each bound on what a stranger can fill, each time, with its reason. */

/** Below {@link KEYS_LIFETIME_MS}, so that new keys are there an hour before the old ones end. */
export const RENEW_AFTER_MS = 82_800_000
/** A renewal that was refused is tried again after this. */
export const RENEW_RETRY_MS = 60_000
/** Spreads the renewals of peers that came at the same moment. */
export const RENEW_SPREAD_MS = 1_800_000
/** Half of what the counter may reach. */
export const RENEW_AFTER_DATAGRAMS: number = 2 ** 47

/** Keys that new ones replaced still open datagrams for this long, since the network may hold some back. */
export const OLD_KEYS_LIFETIME_MS = 30_000

/** A cookie's secret is replaced after this; a cookie lives once to twice as long. */
export const COOKIE_SECRET_LIFETIME_MS = 120_000

/** A handshake that was answered and not finished is forgotten after this. */
export const HALF_OPEN_LIFETIME_MS = 10_000
/** About 2 KB each. The oldest gives way: an honest handshake needs one round trip only. */
export const MAX_HALF_OPEN = 1024

/** Channels at one index: ten times the 10,000 that one is built for. */
export const MAX_CHANNELS = 100_000
/** A channel without a datagram for this long is closed; a peer heartbeats every 2 s. */
export const IDLE_TIMEOUT_MS = 120_000
/** How often the index looks for silent channels and old keys. */
export const SWEEP_MS = 5_000

/** Handshakes that one address may make at once: a class-room behind one address starts together. */
export const HANDSHAKE_BURST = 100
/** Handshakes a second of one address after that. */
export const HANDSHAKES_PER_SECOND = 20
/** Handshakes a second from everywhere: at about 0.4 ms each, a flood leaves most of the core to open channels. */
export const TOTAL_HANDSHAKES_PER_SECOND = 1_000
/** Addresses whose handshakes are counted; the one longest unseen gives way. */
export const MAX_LIMITED_ADDRESSES = 4_096
/** What a peer is told to wait when the index has no room for its channel. */
export const FULL_RETRY_MS = 10_000

/** Requests of one channel that are carried out at a time. */
export const MAX_IN_PROGRESS = 256
/** Replies kept for repeats, per channel. Only a peer that has dozens of long answers in flight comes near. */
export const MAX_REPLY_CACHE_BYTES = 65_536
/** Notices that wait for one peer's acknowledgement. */
export const MAX_QUEUED_NOTICES = 64
/** Requests that wait in the program for room in the window. */
export const MAX_QUEUED_REQUESTS = 4_096

/** The first guess of the round trip's timeout, before one was measured. */
export const INITIAL_RTO_MS = 300
/** Below it, the scheduling of busy machines would look like loss. */
export const MIN_RTO_MS = 60
/** No retransmission waits longer: on a network that loses half, a request still has a dozen tries. */
export const MAX_RTO_MS = 1_000
/** How often what is due is looked for, while there is anything to wait for. */
export const TICK_MS = 20
/** How long a request is retried unless its caller says otherwise. */
export const REQUEST_DEADLINE_MS = 15_000

/** How long `connect` tries unless its caller says otherwise. */
export const CONNECT_DEADLINE_MS = 15_000
/** The first repeat of a handshake datagram. */
export const HANDSHAKE_RTO_MS = 400
/** Repeats come to this while somebody waits for `connect`: on a network that loses half, it still succeeds. */
export const MAX_CONNECT_RTO_MS = 1_500
/** Repeats of a hello come to this after that: a peer looks for its index twice a minute. */
export const MAX_HANDSHAKE_RTO_MS = 30_000
/** A finish goes unanswered this often before the handshake begins anew: the index may have forgotten it. */
export const MAX_FINISH_TRIES = 6
/** Peers of an index that came back spread their first hello over this. */
export const RECONNECT_SPREAD_MS = 1_000
/** With requests waiting and nothing heard for this long, the initiator makes a new handshake. */
export const SILENCE_MS = 6_000
