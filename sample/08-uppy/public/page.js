import '@uppy/core/css/style.min.css';
import '@uppy/dashboard/css/style.min.css';
import './style.css';
import { showFinished } from './gallery.js';
import { createUploader } from './uploader.js';

const [session, parallel, refusals] = ['session', 'parallel', 'refusals'].map((id) =>
  document.getElementById(id),
);

let uppy;

void navigator.serviceWorker?.register('service-worker.js');

session.addEventListener('change', ({ target }) => void signIn(target.value));

const { user = '' } = await (await fetch('session')).json();
session.querySelector(`[value="${user}"]`).checked = true;
await begin(user);

async function signIn(name) {
  uppy.destroy();
  await fetch(name ? `session/${name}` : 'session', { method: name ? 'POST' : 'DELETE' });
  await begin(name);
}

/** Begins anew, with the files of this user only. */
async function begin(name) {
  uppy?.destroy();
  uppy = createUploader(name);
  uppy.on('file-added', sendInParts);
  uppy.on('upload', () => refusals.replaceChildren());
  uppy.on('upload-error', showRefusal);
  uppy.on('restriction-failed', showRefusal);
  uppy.on('complete', () => void showFinished(name));
  refusals.replaceChildren();
  await showFinished(name);
}

/** For each file its own: one that was begun as a whole cannot go on in parts. */
function sendInParts({ id }) {
  uppy.setFileState(id, { tus: { parallelUploads: parallel.checked ? 3 : 1 } });
}

function showRefusal(file, { message }) {
  const item = document.createElement('li');
  item.textContent = `${file.name}: ${message}`;
  refusals.append(item);
}
