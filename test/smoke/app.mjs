import 'reflect-metadata';
import * as common from '@nestjs/common';
import * as core from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ScheduleModule } from '@nestjs/schedule';
import * as tus from 'nestjs-tus';
import * as dashboard from 'nestjs-tus/dashboard';
import { scenario } from './scenario.cjs';

await scenario('import', {
  common,
  core,
  ExpressAdapter,
  FastifyAdapter,
  ScheduleModule,
  tus,
  dashboard,
});
