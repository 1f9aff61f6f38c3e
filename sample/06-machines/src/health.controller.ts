import { Controller, Get } from '@nestjs/common';
import { TusService } from 'nestjs-tus';

/** What an orchestrator asks: whether to restart this machine, and whether to send requests to it. */
@Controller('health')
export class HealthController {
  constructor(private readonly tus: TusService) {}

  /** The process answers. While the database is away it must not be restarted for that. */
  @Get('live')
  live(): string {
    return 'ok';
  }

  /** Uploads can be served: 503 while the database is not reached. */
  @Get('ready')
  async ready(): Promise<string> {
    await this.tus.list({ limit: 1 });
    return 'ok';
  }
}
