import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TusModule } from 'nestjs-tus';
import { FilesController } from './files.controller.js';
import { PageController } from './page.controller.js';
import { ReceivedFiles } from './received-files.js';
import { tmpFileDir } from './settings.js';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    TusModule.forRoot({
      tmpFileDir,
      // What tus-js-client calls `ietf-draft-03` is version 5, which is off unless it is named.
      protocols: ['tus', 'ietf'],
      ietf: { versions: [5, 6, 8, 9, 10] },
      hash: 'sha256',
    }),
  ],
  controllers: [FilesController, PageController],
  providers: [ReceivedFiles],
})
export class AppModule {}
