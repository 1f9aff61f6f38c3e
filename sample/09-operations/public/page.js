const { tus } = window;

const MB = 1_000_000;
const OWNERS = ['ann', 'ben', 'chris'];

/** Milliseconds from one chunk of a file to the next. */
const STEP = 400;

let count = 0;

for (const button of document.querySelectorAll('[data-name]')) {
  const { name, count: times = '1' } = button.dataset;
  button.addEventListener('click', () => {
    for (let time = 0; time < Number(times); time++) send(name);
  });
}

document.getElementById('mend').addEventListener('click', () => void mend());

async function mend() {
  await fetch('importer/mended', { method: 'POST' });
  say('The handler is mended: retry what was given up.');
}

/** Sends a file that is made up; one that is forgotten stops half-way. */
function send(name) {
  count += 1;
  const size = Math.round((2 + 6 * Math.random()) * MB);
  const filename = name.replace('.', `-${count}.`);
  const upload = new tus.Upload(new Blob([new Uint8Array(size)]), {
    endpoint: new URL('files', document.baseURI).href,
    metadata: { filename },
    headers: { 'X-User': OWNERS[count % OWNERS.length] },
    chunkSize: Math.round(size / (name.startsWith('film') ? 40 : 12)),
    storeFingerprintForResuming: false,
    onBeforeRequest: () => new Promise((resolve) => setTimeout(resolve, STEP)),
    onChunkComplete: (_chunk, sent) =>
      name.startsWith('forgotten') && sent > size / 2 && void upload.abort(),
    onSuccess: () => say(`${filename} is sent.`),
    onError: ({ originalResponse }) => say(`${filename}: ${originalResponse?.getBody() ?? 'lost'}`),
  });
  upload.start();
}

function say(text) {
  const item = document.createElement('li');
  item.textContent = text;
  document.getElementById('log').prepend(item);
}
