import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { DashboardTus } from './dashboard-tus.js';

/** What can be done with an upload that was quarantined, and with no other. */
@Injectable()
export class Quarantine {
  constructor(private readonly tus: DashboardTus) {}

  /** @throws NotFoundException, ConflictException */
  async release(id: string): Promise<void> {
    await this.assertQuarantined(id);
    await this.tus.service.release(id);
  }

  /** @throws NotFoundException, ConflictException */
  async remove(id: string): Promise<void> {
    await this.assertQuarantined(id);
    await this.tus.service.terminate(id);
  }

  private async assertQuarantined(id: string): Promise<void> {
    const upload = await this.tus.service.find(id);
    if (!upload) throw new NotFoundException(`There is no upload ${id}.`);
    if (upload.state === 'quarantined') return;
    throw new ConflictException(`Upload ${id} is not quarantined: it is ${upload.state}.`);
  }
}
