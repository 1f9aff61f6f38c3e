import { formatBytes } from './format.js';

const page = Object.fromEntries(
  ['finished', 'nothing', 'item'].map((id) => [id, document.getElementById(id)]),
);

/** What browsers show, and the server lets them show; everything else has its extension. */
const PICTURES = ['image/avif', 'image/bmp', 'image/gif', 'image/jpeg', 'image/png', 'image/webp'];

/** Shows the finished files of a user, with thumbnails that the user's session alone may load. */
export async function showFinished(user) {
  const items = user ? await (await fetch('uploads')).json() : [];
  page.finished.replaceChildren(...items.map(itemOf));
  page.nothing.hidden = items.length > 0;
}

function itemOf({ name, type, size, url }) {
  const item = page.item.content.cloneNode(true);
  const part = (key) => item.querySelector(`[data-part=${key}]`);
  part('link').href = url;
  part('name').textContent = name;
  part('facts').textContent = formatBytes(size);
  part('thumbnail').append(PICTURES.includes(type) ? pictureOf(url) : extensionOf(name));
  return item;
}

function pictureOf(url) {
  const picture = new Image();
  picture.loading = 'lazy';
  picture.alt = '';
  picture.src = url;
  return picture;
}

function extensionOf(name) {
  return /\.([^.]{1,4})$/.exec(name)?.[1].toUpperCase() ?? 'FILE';
}
