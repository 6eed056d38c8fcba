import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { IndexServer, MemoryStore, Peer } from '../../src/index.js'
import { start } from '../examples/start.js'
import { Playground, type TestProcess } from '../helpers/processes.js'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
// It looks up nothing, sends nothing, and asks nobody for news.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
// What a stranger might call a file.
const MARKUP = '<img src=x onerror="document.title=\'hacked\'">.txt'

describe('the web page', () => {
  let playground: Playground
  let index: IndexServer
  let yoda: Peer
  let program: TestProcess
  let context: BrowserContext
  let page: Page
  let site: string
  const video = randomBytes(6_000_000)
  const complaints: string[] = []

  beforeAll(async () => {
    if (!existsSync(CHROMIUM)) throw new Error(`There is no ${CHROMIUM}; CHROMIUM names another browser.`)
    playground = await Playground.create()
    index = new IndexServer({ host: '127.0.0.1', port: 0, credentials: () => true, store: new MemoryStore() })
    await index.listen()
    await mkdir(playground.path('yoda', 'talks'), { recursive: true })
    await writeFile(playground.path('yoda', 'talks', 'keynote.mp4'), video)
    await writeFile(playground.path('yoda', 'note.txt'), 'a note')
    yoda = new Peer({
      server: index.uri,
      username: 'yoda',
      password: 'x',
      shareDir: playground.path('yoda'),
      downloadDir: playground.path('yoda', 'inbox'),
      // So slow that the page has something to show on the way.
      uploadRate: 3_000_000,
    })
    await yoda.login()
    await yoda.publish('talks/keynote.mp4')
    await yoda.publish('note.txt', { name: MARKUP })
    program = start(playground, 'web/server', index.uri, 'hans', ['hans', '0'])
    const [, url = ''] = await program.line(/^open (\S+)$/)
    site = url
    context = await chromium.launchPersistentContext(playground.path('browser'), {
      executablePath: CHROMIUM,
      headless: true,
      args: FLAGS,
      viewport: { width: 1280, height: 800 },
    })
    context.setDefaultTimeout(20_000)
    page = context.pages()[0] ?? (await context.newPage())
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
  })
  afterAll(async () => {
    await context?.close()
    expect(await program?.stop('SIGINT')).toBe(0)
    await yoda?.close()
    await index?.close()
    await playground?.[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    await page.goto(site)
    await page.getByText('Signed in as hans').waitFor()
  })

  async function search(text: string): Promise<void> {
    await page.getByLabel('Words in the name').fill(text)
    await page.getByRole('button', { name: 'Search' }).click()
  }
  const news = () => page.locator('#news')

  it('finds a file, and gets it with progress up to 100 %', async () => {
    await search('keynote')
    const hit = page.locator('#hits li')
    await hit.getByText('talks/keynote.mp4').waitFor()
    expect(await hit.locator('.detail').textContent()).toBe('5.7 MiB · 1 source')

    // All that the bar shows on its way.
    await page.evaluate(() => {
      const shown: number[] = []
      Object.assign(globalThis, { shown })
      new MutationObserver(() => {
        const bar = document.querySelector<HTMLProgressElement>('#downloads progress')
        if (bar !== null) shown.push(bar.value)
      }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
    })
    await hit.getByRole('button', { name: 'Get talks/keynote.mp4' }).click()
    const download = page.locator('#downloads li')
    await download.getByText(/^100 % · 5\.7 MiB · /).waitFor()
    expect(await download.locator('progress').evaluate((bar: HTMLProgressElement) => bar.value)).toBe(100)
    const shown = await page.evaluate(() => (globalThis as unknown as { shown: number[] }).shown)
    expect(shown.some((value) => value > 0 && value < 100)).toBe(true)
    // It only grows.
    expect([...shown].sort((a, b) => a - b)).toEqual(shown)
    expect(await news().textContent()).toBe('talks/keynote.mp4 is here')
    const path = playground.path('hans', 'downloads', 'talks', 'keynote.mp4')
    expect((await readFile(path)).equals(video)).toBe(true)

    // And it is still there for who loads the page anew.
    await page.reload()
    await page
      .locator('#downloads li')
      .getByText(/^100 %/)
      .waitFor()
  })

  it('offers a file that is dropped, which another peer then finds and gets', async () => {
    const bytes = randomBytes(300_000)
    const transfer = await page.evaluateHandle((encoded) => {
      const data = new DataTransfer()
      const content = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0))
      data.items.add(new File([content], 'dropped & found.bin'))
      return data
    }, bytes.toString('base64'))
    const field = page.locator('#drop')
    await field.dispatchEvent('dragenter', { dataTransfer: transfer })
    expect(await field.getAttribute('class')).toContain('over')
    await field.dispatchEvent('drop', { dataTransfer: transfer })
    expect(await field.getAttribute('class')).not.toContain('over')
    await page.locator('#published li', { hasText: 'dropped & found.bin' }).waitFor()
    expect(await news().textContent()).toBe('You offer dropped & found.bin')

    const hits = []
    for await (const { name } of yoda.search('dropped')) hits.push(name)
    expect(hits).toEqual(['dropped & found.bin'])
    const { path } = await yoda.get('dropped & found.bin').done
    expect((await readFile(path)).equals(bytes)).toBe(true)
  })

  it('says why a file is not taken', async () => {
    await page
      .locator('#files')
      .setInputFiles({ name: '.hidden', mimeType: 'text/plain', buffer: Buffer.from('x') })
    await page.locator('#uploads li').getByText('This is no name for a file.').waitFor()
    expect(await news().textContent()).toBe('.hidden: This is no name for a file.')
    // What the server refuses, the browser reports by itself.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('400')])
  })

  it('shows a name as the text that it is', async () => {
    await search('onerror')
    await page.locator('#hits li').getByText(MARKUP).waitFor()
    expect(await page.locator('#hits img').count()).toBe(0)
    expect(await page.title()).toBe('BitTrickle')
  })

  it('is used by the keyboard alone', async () => {
    const press = (key: string) => page.keyboard.press(key)
    const focused = () =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id)
    await press('Tab')
    expect(await focused()).toBe('query')
    await page.keyboard.type('onerror')
    await press('Enter')
    await page.locator('#hits li').waitFor()
    await press('Tab')
    await press('Tab')
    expect(await focused()).toBe(`Get ${MARKUP}`)
    await press('Enter')
    await page
      .locator('#downloads li')
      .getByText(/^100 % · 6 bytes/)
      .waitFor()
    // The focus has not moved, and the next thing is the field for files, which shows that it has it.
    expect(await focused()).toBe(`Get ${MARKUP}`)
    await press('Tab')
    expect(await focused()).toBe('files')
    expect(await page.locator('#drop').evaluate((field) => getComputedStyle(field).outlineStyle)).toBe(
      'solid',
    )
  })

  it('says that nobody offers what nobody offers', async () => {
    await search('no such thing')
    await page.getByText('Nobody offers “no such thing” now.').waitFor()
    expect(await page.locator('#found').getAttribute('role')).toBe('status')
  })

  it.each([360, 1280])('fits a window that is %i wide', async (width) => {
    await page.setViewportSize({ width, height: 800 })
    await search('')
    await page.locator('#hits li').nth(1).waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    const { SCREENSHOTS } = process.env
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const back = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      expect(back).toBe(colorScheme === 'light' ? 'rgb(244, 246, 248)' : 'rgb(16, 21, 27)')
      if (SCREENSHOTS !== undefined)
        await page.screenshot({ path: `${SCREENSHOTS}/${width}-${colorScheme}.png`, fullPage: true })
    }
  })

  it('has nothing to complain of in the console', () => expect(complaints).toEqual([]))
})
