require('reflect-metadata');
const common = require('@nestjs/common');
const core = require('@nestjs/core');
const { ExpressAdapter } = require('@nestjs/platform-express');
const { FastifyAdapter } = require('@nestjs/platform-fastify');
const { ScheduleModule } = require('@nestjs/schedule');
const tus = require('nestjs-tus');
const dashboard = require('nestjs-tus/dashboard');
const { scenario } = require('./scenario.cjs');

void scenario('require', {
  common,
  core,
  ExpressAdapter,
  FastifyAdapter,
  ScheduleModule,
  tus,
  dashboard,
});
