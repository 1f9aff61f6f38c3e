import { Test, TestingModule } from '@nestjs/testing';
import { TusService, type FinishedUpload } from 'nestjs-tus';
import { AppService } from './app.service';
import { VideoImporter } from './video.importer';

describe('VideoImporter', () => {
  it('should clean up what it imported', async () => {
    const cleaned: string[] = [];
    const tus = { cleanupFile: (id: string) => Promise.resolve(cleaned.push(id)) };
    const module: TestingModule = await Test.createTestingModule({
      providers: [VideoImporter, AppService, { provide: TusService, useValue: tus }],
    }).compile();

    const upload = { id: '1', filename: 'film.mp4' } as FinishedUpload;
    await module.get(VideoImporter).import(upload);

    expect(cleaned).toEqual(['1']);
    expect(module.get(AppService).imported).toEqual(['film.mp4']);
  });
});
