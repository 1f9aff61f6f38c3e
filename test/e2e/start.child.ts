// Starts an app on a folder, and prints the error that it fails with: node start.child.js <folder>
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const [tmpFileDir] = process.argv.slice(2);
try {
  const { TusModule } = await import('../../lib/index.js');
  @Module({ imports: [TusModule.forRoot({ tmpFileDir })] })
  class AppModule {}
  const options = { logger: false, abortOnError: false } as const;
  const app = await NestFactory.createApplicationContext(AppModule, options);
  await app.close();
  console.log(JSON.stringify({ name: 'none' }));
} catch (error) {
  const { name, message, cause } = error as Error;
  console.log(JSON.stringify({ name, message, cause: (cause as Error | undefined)?.message }));
}
