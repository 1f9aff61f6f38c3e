import { formatBytes } from './format.js';
import { PictureUpload } from './picture-upload.js';

const TOKENS = { ann: 'token-of-ann', ben: 'token-of-ben' };
const REMARKS = { paused: 'Paused', retrying: 'Connection lost, trying again' };

const page = Object.fromEntries(
  [...document.querySelectorAll('[id]')].map((element) => [element.id, element]),
);

/** The picture that is on its way, if there is one. */
let upload;

// Who is signed in ---------------------------------------------------------------------------

function user() {
  return page.session.querySelector(':checked').value;
}

page.session.addEventListener('change', () => {
  cancel();
  showAvatar(`users/${user()}/avatar`);
  say({});
});

// Choosing a picture -------------------------------------------------------------------------

page.file.addEventListener('change', () => {
  begin(page.file.files[0]);
  page.file.value = '';
});

for (const type of ['dragenter', 'dragover']) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    page.card.classList.add('over');
  });
}

document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) {
    page.card.classList.remove('over');
  }
});

document.addEventListener('drop', (event) => {
  event.preventDefault();
  page.card.classList.remove('over');
  const [file] = event.dataTransfer.files;
  if (file) {
    begin(file);
  }
});

// Sending it ---------------------------------------------------------------------------------

function begin(file) {
  cancel();
  const begun = new PictureUpload(file, TOKENS[user()]);
  begun.addEventListener('change', () => begun === upload && render());
  upload = begun;
  preview(file);
  void begun.start();
}

page.pause.addEventListener('click', () => {
  void upload.pause();
  page.resume.focus();
});

page.resume.addEventListener('click', () => {
  upload.resume();
  page.pause.focus();
});

page.cancel.addEventListener('click', () => {
  cancel();
  say({});
  page.file.focus();
});

function cancel() {
  // A server that cannot be reached lets the upload expire.
  void upload?.cancel().catch(() => undefined);
  end();
}

function end() {
  upload = undefined;
  setProgress(0);
  showControls();
  preview(undefined);
}

// Showing how it goes ------------------------------------------------------------------------

function render() {
  const { state, sent, file, error, avatar } = upload;
  if (state === 'failed') {
    end();
    say({ refusal: error });
  } else if (state === 'finished') {
    end();
    showAvatar(avatar?.url ?? `users/${user()}/avatar?${Date.now()}`);
    const facts = `${file.name} is your avatar now.`;
    say({ facts, news: facts, answer: avatar });
  } else {
    setProgress(Math.floor((sent / file.size) * 100));
    showControls(state);
    say({ facts: factsOf(upload), news: REMARKS[state] });
  }
}

function factsOf({ state, sent, file }) {
  const progress = `${formatBytes(sent)} of ${formatBytes(file.size)}`;
  return [progress, REMARKS[state]].filter(Boolean).join(' · ');
}

/** @param news what is read out; a refusal is anyway */
function say({ facts = '', news = '', refusal = '', answer }) {
  page.facts.textContent = facts;
  page.announcer.textContent = news;
  page.refusal.textContent = refusal;
  page.refusal.hidden = !refusal;
  page.answer.textContent = JSON.stringify(answer, null, 2);
  page['answer-section'].hidden = !answer;
}

function showControls(state) {
  page.card.dataset.state = state ?? '';
  page.picker.hidden = Boolean(state);
  page.pause.hidden = state !== 'sending' && state !== 'retrying';
  page.resume.hidden = state !== 'paused';
  page.cancel.hidden = !state;
}

function setProgress(percent) {
  page.bar.setAttribute('aria-valuenow', String(percent));
  page.ring.style.strokeDashoffset = String(100 - percent);
}

function showAvatar(url) {
  page.avatar.src = url;
}

/** Shows the picture in place of the avatar while it is on its way. */
function preview(file) {
  URL.revokeObjectURL(page.preview.src);
  page.preview.removeAttribute('src');
  page.preview.hidden = true;
  if (file) {
    page.preview.src = URL.createObjectURL(file);
  }
}

// A file that is missing, or no picture, is not shown.
for (const image of [page.avatar, page.preview]) {
  image.addEventListener('load', () => (image.hidden = false));
  image.addEventListener('error', () => (image.hidden = true));
}

showAvatar(`users/${user()}/avatar`);
