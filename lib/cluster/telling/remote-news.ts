import type { News } from '../cluster.interface.js';
import { Errands } from './errands.js';
import { Outbox } from './outbox.js';
import type { Messenger } from './messenger.interface.js';
import { RemoteWatches } from './remote-watches.js';

/** The topic under which a process tells others what they watch. */
const TOPIC = 'news';

/** Tells other processes what happens to the uploads that they watch. */
export class RemoteNews {
  readonly watches: RemoteWatches;
  /** Called with what another process tells. */
  told: (text: string) => void = () => undefined;
  private readonly outboxes = new Map<string, Outbox>();
  private readonly errands = new Errands((identity) => this.deliver(identity));

  constructor(private readonly messenger: Messenger) {
    this.watches = new RemoteWatches(messenger);
    messenger.answer(TOPIC, (body) => this.hear(JSON.parse(body) as string[]));
    messenger.whenGone((identity) => this.outboxes.delete(identity));
  }

  tell(news: News): void {
    for (const identity of this.watches.watchersOf(news.uploadId)) {
      const outbox = this.outboxes.get(identity) ?? new Outbox();
      this.outboxes.set(identity, outbox);
      outbox.add(news);
      this.errands.begin(identity);
    }
  }

  /** What was sent once is not sent again: one that hangs would find all of it when it goes on. */
  private async deliver(identity: string): Promise<void> {
    const news = this.outboxes.get(identity)?.empty() ?? [];
    if (news.length === 0 || this.messenger.isSilent(identity)) return;
    const texts = news.map(({ text }) => text);
    await this.messenger.ask(identity, TOPIC, JSON.stringify(texts));
  }

  private hear(texts: readonly string[]): Promise<string> {
    for (const text of texts) this.told(text);
    return Promise.resolve('');
  }
}
