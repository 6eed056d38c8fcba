import { describe, expect, it } from 'vitest'
import { ClassicHarness } from './classic-harness.js'

const HANS = 40_001
const YODA = 40_003
const NOBODY = 49_999

type Exchange = readonly [from: number, datagram: string | Buffer, answer: string | undefined]

async function play(harness: ClassicHarness, exchanges: readonly Exchange[]): Promise<void> {
  for (const [from, datagram, answer] of exchanges) {
    expect(await harness.send(datagram, from), `${from}: ${String(datagram).slice(0, 60)}`).toBe(answer)
  }
}

const WRONG = 'Authentication failed: Unknown user name or wrong password. [AUTHENTICATION_FAILED]'
const STRANGER = 'Error: Not logged in from this address; log in first. [NOT_LOGGED_IN]'

describe('datagrams in and out', () => {
  it('login', async () => {
    const harness = new ClassicHarness()
    await play(harness, [
      [HANS, 'login nobody falcon*solo 50001', WRONG],
      [HANS, 'login hans wrong 50001', WRONG],
      [
        HANS,
        'login hans falcon*solo 0',
        'Authentication failed: The TCP port must be 1 to 65535, not 0. [INVALID_OPTION]',
      ],
      [
        HANS,
        'login hans falcon*solo 65536',
        'Authentication failed: The TCP port must be 1 to 65535, not 65536. [INVALID_OPTION]',
      ],
      [HANS, `login ${'h'.repeat(65)} falcon*solo 50001`, WRONG],
      [HANS, 'login hans falcon*solo 50001', 'Welcome to BitTrickle!'],
      // Asked again because the answer was lost.
      [HANS, 'login hans falcon*solo 50001', 'Welcome to BitTrickle!'],
      [
        NOBODY,
        'login hans falcon*solo 50001',
        'Authentication failed: User hans is already active; log out there, or wait until it was silent for 3 s. [ALREADY_ACTIVE]',
      ],
      // Who is active is not told to one who does not know the password.
      [NOBODY, 'login hans wrong 50001', WRONG],
    ])
  })

  it('lap, pub, unp, lpf, sch, get, each with success and failure', async () => {
    const harness = new ClassicHarness()
    await harness.login('hans', HANS)
    await play(harness, [
      [HANS, 'lap hans', 'No active peers'],
      [HANS, 'lpf hans', 'No files published'],
      [HANS, 'sch hans mp3', 'No files found'],
      [HANS, 'get hans X.mp3', 'Error: No active peer offers "X.mp3". [NOT_FOUND]'],
      [HANS, 'unp hans X.mp3', 'Error: You do not publish "X.mp3". [NOT_PUBLISHED]'],
      [HANS, 'pub hans X.mp3', 'OK published X.mp3'],
      [HANS, 'pub hans X.mp3', 'OK X.mp3 was already published'],
      [HANS, 'pub hans Y.MP3', 'OK published Y.MP3'],
      [HANS, 'lpf hans', '2 files published:\nX.mp3\nY.MP3'],
      // Its own are left out, and cannot be fetched from elsewhere.
      [HANS, 'sch hans mp3', 'No files found'],
      [HANS, 'get hans X.mp3', 'Error: You publish "X.mp3" yourself. [OWN_PUBLICATION]'],
    ])
    await harness.login('yoda', YODA)
    await play(harness, [
      [HANS, 'lap hans', '1 active peer:\nyoda'],
      [YODA, 'lap yoda', '1 active peer:\nhans'],
      [YODA, 'lpf yoda', 'No files published'],
      [YODA, 'sch yoda mp3', '1 file found:\nX.mp3'],
      [YODA, 'sch yoda .', '2 files found:\nX.mp3\nY.MP3'],
      [YODA, 'get yoda X.mp3', '200 127.0.0.1 40002'],
      [YODA, 'unp yoda X.mp3', 'Error: You do not publish "X.mp3". [NOT_PUBLISHED]'],
      [HANS, 'unp hans X.mp3', 'OK unpublished X.mp3'],
      [HANS, 'unp hans X.mp3', 'Error: You do not publish "X.mp3". [NOT_PUBLISHED]'],
      [YODA, 'get yoda X.mp3', 'Error: No active peer offers "X.mp3". [NOT_FOUND]'],
      [YODA, 'sch yoda mp3', 'No files found'],
    ])
  })

  it('believes a name only from the address that logged in with it', async () => {
    const harness = new ClassicHarness()
    await harness.login('hans', HANS)
    await harness.login('yoda', YODA)
    for (const command of ['lap hans', 'lpf hans', 'pub hans a', 'unp hans a', 'sch hans a', 'get hans a']) {
      await play(harness, [
        [NOBODY, command, STRANGER],
        [YODA, command, STRANGER],
        [NOBODY, command.replace('hans', 'vader'), STRANGER],
      ])
    }
    expect(await harness.send('pub hans a', { host: '127.0.0.2', port: HANS })).toBe(STRANGER)
    expect(harness.catalogue.size).toBe(0)
  })

  it('refuses names that could leave a folder or tear a list', async () => {
    const harness = new ClassicHarness()
    await harness.login('hans', HANS)
    await play(harness, [
      [HANS, 'pub hans ../x', 'Error: The name "../x" has the part "..". [INVALID_NAME]'],
      [HANS, 'pub hans a/../x', 'Error: The name "a/../x" has the part "..". [INVALID_NAME]'],
      [
        HANS,
        'pub hans /etc/passwd',
        'Error: The name "/etc/passwd" is an absolute path; names are relative. [INVALID_NAME]',
      ],
      [HANS, 'pub hans a\x07b', 'Error: The name "a\\u0007b" contains a control character. [INVALID_NAME]'],
      [
        HANS,
        'pub hans C:\\x',
        'Error: The name "C:\\\\x" contains a backslash; separate folders by "/". [INVALID_NAME]',
      ],
      [HANS, 'get hans ../x', 'Error: No active peer offers "../x". [NOT_FOUND]'],
      [HANS, 'sch hans \x07', 'Error: The text to search for contains a control character. [INVALID_NAME]'],
    ])
    const long = await harness.send(`pub hans ${'x'.repeat(513)}`, HANS)
    expect(long).toContain('is longer than 512 bytes. [INVALID_NAME]')
    expect(harness.catalogue.size).toBe(0)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['64 KiB', Buffer.alloc(65_507, 'lap hans ')],
    ['invalid UTF-8', Buffer.from([0x6c, 0x61, 0x70, 0x20, 0xc3, 0x28])],
    ['an unknown word', 'frobnicate hans'],
    ['too many words', 'lap hans solo'],
    ['too few words', 'pub hans'],
    ['control characters', '\0\x01\x02\x1b[2J'],
  ])('passes over %s in silence, as the original does', async (_what, datagram) => {
    const harness = new ClassicHarness()
    await harness.login('hans', HANS)
    const warnings: string[] = []
    harness.events.on('warning', ({ message }) => warnings.push(message))
    await play(harness, [
      [HANS, datagram, undefined],
      [NOBODY, datagram, undefined],
      [HANS, 'lap hans', 'No active peers'],
    ])
    expect(warnings).toHaveLength(2)
  })

  it('says how many names did not fit', async () => {
    const harness = new ClassicHarness()
    await harness.login('hans', HANS)
    for (let index = 100; index < 200; index += 1) await harness.send(`pub hans report-${index}.pdf`, HANS)
    const [first, ...shown] = ((await harness.send('lpf hans', HANS)) ?? '').split('\n')
    expect(first).toBe(`100 files published, ${shown.length} shown:`)
    expect(shown.length).toBeGreaterThan(50)
  })

  it('takes plain text from this machine alone, unless told otherwise', async () => {
    const elsewhere = { host: '203.0.113.7', port: 40_001 }
    const login = 'login hans falcon*solo 50001'
    expect(await new ClassicHarness().send(login, elsewhere)).toBeUndefined()
    expect(await new ClassicHarness().send(login, { host: '::1', port: 1 })).toBe('Welcome to BitTrickle!')
    expect(await new ClassicHarness({ allowRemote: true }).send(login, elsewhere)).toBe(
      'Welcome to BitTrickle!',
    )
  })
})
