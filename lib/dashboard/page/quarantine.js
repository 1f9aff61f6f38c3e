import { post } from './api.js';
import { byId, cell, Items, make, nameButton, row, setCell, setText } from './dom.js';
import * as format from './format.js';

/** Uploads that were refused at their finish and kept, to be released or removed. */
export class Quarantine {
  #at = 0;

  constructor(onOpen, act, confirm) {
    const build = ({ id }) => this.#build(id, onOpen, act, confirm);
    this.items = new Items(byId('quarantine-rows'), ({ id }) => id, build);
  }

  show({ quarantined, at }) {
    this.#at = Date.parse(at);
    this.items.show(quarantined.items);
    setText(byId('nav-quarantine'), quarantined.items.length ? format.atLeast(quarantined) : '');
  }

  #build(id, onOpen, act, confirm) {
    const name = nameButton(onOpen);
    const cells = {
      owner: cell('', 'Owner'),
      size: cell('.number', 'Size'),
      since: cell('', 'Since'),
    };
    const release = make('button.button', { type: 'button' }, 'Release');
    const remove = make('button.button.danger', { type: 'button' }, 'Remove');
    let shown = '';
    const send = (action, done) => async () => {
      await post(`uploads/${encodeURIComponent(id)}/${action}`);
      return `${shown} is ${done}.`;
    };
    release.addEventListener('click', () => act(send('release', 'released'), release));
    const removeIfSure = async () => {
      const isSure = await confirm({
        title: `Remove ${shown}?`,
        text: 'Its bytes are deleted, and its client is told that it is gone. This cannot be undone.',
        yes: 'Remove',
      });
      if (isSure) await act(send('remove', 'removed'), remove);
    };
    remove.addEventListener('click', () => void removeIfSure());
    return {
      element: row(
        cell('.first.wide', 'Upload', name.element),
        ...Object.values(cells),
        cell('.actions', '', make('div.buttons', {}, release, remove)),
      ),
      show: (upload) => {
        shown = upload.name ?? upload.id;
        name.show(upload, '');
        setCell(cells.owner, upload.owner);
        setText(cells.size, format.bytes(upload.offset));
        setText(cells.since, format.ago(upload.endedAt ?? upload.createdAt, this.#at));
        release.setAttribute('aria-label', `Release ${shown}`);
        remove.setAttribute('aria-label', `Remove ${shown}`);
      },
    };
  }
}
