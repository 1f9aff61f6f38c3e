import type { News } from '../cluster.interface.js';

/** Most news that wait for a process, which hangs then. */
const MOST = 1000;

/** What is to be told to one process once it has heard what was told before. */
export class Outbox {
  private news: News[] = [];

  add(added: News): void {
    const isSuperfluous = ({ isPassing, uploadId }: News) =>
      isPassing && uploadId === added.uploadId;
    this.news = [...this.news.filter((each) => !isSuperfluous(each)), added].slice(-MOST);
  }

  /** Takes everything out. */
  empty(): readonly News[] {
    const { news } = this;
    this.news = [];
    return news;
  }
}
