import { byId, setData, setHidden, setText } from './dom.js';
import * as format from './format.js';
import { Plot } from './plot.js';

/** The figures at the top, and the plot below them. */
export class Tiles {
  #plot = new Plot(byId('plot'));

  show(overview, active) {
    const { instance, throughput, receiving, deliveries, quarantined, capacity } = overview;
    setHidden(byId('instance'), instance === undefined);
    setText(byId('instance'), instance ?? '');
    if (throughput) this.#showThroughput(throughput);
    setText(byId('tile-receiving'), format.atLeast(receiving));
    setText(byId('tile-receiving-note'), `${format.count(active)} with bytes coming`);
    this.#showDeliveries(deliveries);
    setText(byId('tile-quarantine'), format.atLeast(quarantined));
    setData(byId('tile-quarantine-box'), 'alert', String(quarantined.items.length > 0));
    this.#showCapacity(capacity);
  }

  #showThroughput(throughput) {
    this.#plot.show(throughput);
    const { bytes, step, until } = throughput;
    setText(byId('tile-rate'), format.rate((bytes.at(-2) * 1000) / step));
    const all = bytes.reduce((sum, count) => sum + count, 0);
    setText(byId('tile-rate-note'), `${format.bytes(all)} in five minutes`);
    setData(byId('plot'), 'until', until);
  }

  #showDeliveries({ dead, running, waiting }) {
    setText(byId('tile-dead'), format.atLeast(dead));
    const open = `${format.atLeast(waiting)} waiting, ${format.atLeast(running)} running`;
    setText(byId('tile-dead-note'), open);
    setData(byId('tile-dead-box'), 'alert', String(dead.items.length > 0));
  }

  #showCapacity({ usage, room }) {
    setText(byId('tile-kept'), format.bytes(usage.bytes));
    setText(byId('tile-kept-note'), format.counted(usage.uploads, 'upload'));
    setText(byId('tile-room'), room === undefined ? '–' : format.bytes(room));
    const note = room === undefined ? 'this storage cannot tell' : 'on the disk';
    setText(byId('tile-room-note'), note);
  }
}
