import { MemoryStore } from '../../src/index.js'
import { publications } from './names.js'
import { percentile } from '../lib/figures.js'
const N = Number(process.argv[2] ?? 100000)
const gc = (globalThis as any).gc ?? (() => {})
let bytes = 0
{ let t = performance.now(); let i=0; for (const e of publications(N)) { bytes += Buffer.byteLength(e.name); if (i++ % 30000 === 0) console.log(e.name) } console.log('generate', performance.now() - t, 'bytes a name', bytes / N) }
gc()
const before = process.memoryUsage.rss()
const store = new MemoryStore()
let t = performance.now()
let longest = 0
for (const e of publications(N)) { const s = performance.now(); await store.publish(e); longest = Math.max(longest, performance.now() - s) }
console.log('publish', performance.now() - t, 'longest', longest, 'size', store.size)
gc()
console.log('bytes each', (process.memoryUsage.rss() - before) / N)
for (const q of [['photos'], ['jpg'], ['e'], ['qz'], ['q'], ['ete'], ['été'], ['IMG_1234'], ['IMG_12'], ['holi'], ['bara'], ['bavere'], ['sanole', '2012'], ['mp4', 'talks'], ['zzzzz'], ['-1a2b'], ['Videos/2024/'], ['Videos/2024', 'flac'], ['3f']]) {
  const times = []
  let page = store.search({ words: q, limit: 50, includes: () => true })
  for (let i = 0; i < 200; i++) { const s = performance.now(); store.search({ words: q, limit: 50, includes: () => true }); times.push(performance.now() - s) }
  const f = Float64Array.from(times)
  console.log(q.join(' + ').padEnd(22), String(page.names.length).padStart(4), page.next === undefined ? 'end ' : 'more', percentile(f, 0.5).toFixed(3), percentile(f, 0.99).toFixed(3))
}
