import { Session } from './session.js';

const { tus } = window;
const form = document.querySelector('form');
const [file, bar, facts, list] = ['file', 'bar', 'facts', 'list'].map((id) =>
  document.getElementById(id),
);

let session = new Session('ann');

form.addEventListener('change', ({ target }) => {
  if (target.name === 'user') void signIn(target.value);
});
file.addEventListener('change', () => void send(file.files[0]));
await signIn('ann');

async function signIn(user) {
  session = new Session(user);
  await session.token();
  await showUploads();
}

async function send(chosen) {
  const upload = new tus.Upload(chosen, {
    endpoint: new URL(`tenants/${session.tenant}/files`, document.baseURI).href,
    metadata: { filename: chosen.name, filetype: chosen.type },
    chunkSize: 512 * 1024, // each request takes a token anew
    retryDelays: [0, 1000, 2000, 4000, 8000],
    removeFingerprintOnSuccess: true,
    fingerprint: async ({ name, size }) => `${session.user}-${name}-${size}`,
    // Before HEAD and PATCH too: a token that has just been renewed is never refused.
    onBeforeRequest: async (request) =>
      request.setHeader('Authorization', `Bearer ${await session.token()}`),
    // A token may expire while its request is on its way.
    onShouldRetry: ({ originalResponse }) => isTemporary(originalResponse?.getStatus() ?? 0),
    onProgress: (sent, total) => {
      bar.value = sent / total;
      facts.textContent = `${Math.round((sent / total) * 100)} % · tokens: ${session.renewals}`;
    },
    onSuccess: async () => {
      facts.textContent = `Done · tokens: ${session.renewals}`;
      await showUploads();
    },
    onError: (error) => (facts.textContent = error.message),
  });
  const [previous] = await upload.findPreviousUploads();
  if (previous) upload.resumeFromPreviousUpload(previous);
  upload.start();
}

function isTemporary(status) {
  return status < 400 || status >= 500 || [401, 409, 423].includes(status);
}

async function showUploads() {
  const response = await fetch(`tenants/${session.tenant}/uploads`, {
    headers: { Authorization: `Bearer ${await session.token()}` },
  });
  const uploads = await response.json();
  list.replaceChildren(...uploads.map(itemOf));
}

function itemOf({ filename, state, offset }) {
  const item = document.createElement('li');
  const name = document.createElement('strong');
  name.textContent = filename;
  item.append(name, ` ${state} · ${offset.toLocaleString('en')} bytes`);
  return item;
}
