// The page. Names come from strangers: they get into it by `textContent`, never as HTML.

const $ = (selector, within = document) => within.querySelector(selector)

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']

function sizeText(bytes) {
  if (bytes === undefined) return 'size unknown'
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${UNITS[power]}`
}

async function ask(method, path, body) {
  const response = await fetch(path, { method, ...(body && { body: JSON.stringify(body) }) })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.message)
  return answer
}

function say(text) {
  $('#news').textContent = text
}

/** Puts what a template makes at the beginning or the end of a list. */
function add(template, list, where = 'beforeend') {
  const item = $(template).content.firstElementChild.cloneNode(true)
  list.insertAdjacentElement(where, item)
  return item
}

const about = await ask('GET', 'about')
$('#user').textContent = about.username

// ---- Search

$('#search').addEventListener('submit', async (event) => {
  event.preventDefault()
  const query = $('#query').value
  const list = $('#hits')
  try {
    const hits = await ask('GET', `search?q=${encodeURIComponent(query)}`)
    // An earlier search that was slow must not cover a later one.
    if (query !== $('#query').value) return
    list.replaceChildren()
    for (const hit of hits) showHit(hit, list)
    $('#found').textContent =
      hits.length === 0
        ? `Nobody offers “${query}” now.`
        : `${hits.length} ${hits.length === 1 ? 'file' : 'files'}`
  } catch (error) {
    $('#found').textContent = error.message
  }
})

function showHit({ name, size, sources, root }, list) {
  const item = add('#hit', list)
  $('.name', item).textContent = name
  $('.detail', item).textContent = `${sizeText(size)} · ${sources} ${sources === 1 ? 'source' : 'sources'}`
  const button = $('button', item)
  // Many buttons say "Get": who hears them alone must know what.
  button.setAttribute('aria-label', `Get ${name}`)
  button.addEventListener('click', () => {
    ask('POST', 'downloads', { name, root }).then(
      () => say(`Getting ${name}`),
      (error) => say(error.message),
    )
  })
}

// ---- Downloads: told by the server, also those that another tab began

const items = new Map()

new EventSource('events').addEventListener('message', ({ data }) => showDownload(JSON.parse(data)))

function showDownload({ id, name, transferred, size, state, message }) {
  const isNew = !items.has(id)
  const item = items.get(id) ?? add('#transfer', $('#downloads'), 'afterbegin')
  items.set(id, item)
  const before = item.dataset.state
  const percent = state === 'done' ? 100 : size ? Math.floor((100 * transferred) / size) : 0
  showTransfer(item, name, percent)
  const texts = {
    running: `${percent} % of ${sizeText(size)}`,
    done: `100 % · ${sizeText(size)} · ${message}`,
    failed: message,
  }
  $('.detail', item).textContent = texts[state]
  item.dataset.state = state
  const button = $('button', item)
  if (isNew) {
    button.setAttribute('aria-label', `Cancel ${name}`)
    button.addEventListener('click', () =>
      ask('DELETE', `downloads?id=${id}`).catch((error) => say(error.message)),
    )
  }
  if (state === 'running') return
  // The focus must not fall into nothing with the button that had it.
  if (button === document.activeElement) $('#query').focus()
  button.remove()
  if (before === 'running') say(state === 'done' ? `${name} is here` : `${name}: ${message}`)
}

function showTransfer(item, name, percent) {
  $('.name', item).textContent = name
  const bar = $('progress', item)
  bar.setAttribute('aria-label', name)
  bar.value = percent
}

// ---- Offer

const drop = $('#drop')

$('#files').addEventListener('change', async ({ target }) => {
  const files = [...target.files]
  // So that the same file can be chosen again.
  target.value = ''
  await offer(files)
})
// What is dropped beside the field must not make the browser leave the page for it.
for (const type of ['dragover', 'drop']) addEventListener(type, (event) => event.preventDefault())
for (const type of ['dragenter', 'dragover']) drop.addEventListener(type, () => drop.classList.add('over'))
for (const type of ['dragleave', 'drop']) drop.addEventListener(type, () => drop.classList.remove('over'))
drop.addEventListener('drop', ({ dataTransfer }) => offer([...dataTransfer.files]))

async function offer(files) {
  for (const file of files) {
    const item = add('#transfer', $('#uploads'))
    try {
      await upload(file, item)
      item.remove()
      say(`You offer ${file.name}`)
    } catch (error) {
      item.dataset.state = 'failed'
      $('.detail', item).textContent = error.message
      $('button', item)?.remove()
      say(`${file.name}: ${error.message}`)
    }
  }
  await showPublished()
}

// Not by `fetch`, which does not tell how far an upload is.
function upload(file, item) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const show = (sent) => {
      const percent = file.size === 0 ? 0 : Math.floor((100 * sent) / file.size)
      showTransfer(item, file.name, percent)
      $('.detail', item).textContent =
        percent === 100 ? 'Publishing' : `${percent} % of ${sizeText(file.size)}`
    }
    show(0)
    // The server refuses it too, but a browser that is still sending would not hear why.
    if (file.size > about.maxUploadBytes)
      throw new Error(`It has more than ${sizeText(about.maxUploadBytes)}.`)
    const button = $('button', item)
    button.setAttribute('aria-label', `Cancel ${file.name}`)
    button.addEventListener('click', () => request.abort())
    request.responseType = 'json'
    request.upload.addEventListener('progress', ({ loaded }) => show(loaded))
    request.addEventListener('load', () => {
      if (request.status === 201) resolve()
      else reject(new Error(request.response?.message ?? 'The server refused it.'))
    })
    request.addEventListener('abort', () => reject(new Error('You cancelled it.')))
    request.addEventListener('error', () => reject(new Error('The server cannot be reached.')))
    request.open('PUT', `files?name=${encodeURIComponent(file.name)}`)
    request.send(file)
  })
}

async function showPublished() {
  const names = await ask('GET', 'published')
  $('#published').replaceChildren(
    ...names.map((name) => {
      const item = document.createElement('li')
      item.textContent = name
      return item
    }),
  )
}

showPublished()
