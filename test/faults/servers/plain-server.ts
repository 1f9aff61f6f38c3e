// A server with nothing but the module: node plain-server.js <platform> <tmpFileDir>
import { TusModule } from '../../../lib/index.js';
import type { PlatformName } from '../../support/platforms.js';
import { serve } from '../../support/serve.js';

const [platform, tmpFileDir] = process.argv.slice(2) as [PlatformName, string];

await serve(platform, TusModule.forRoot({ tmpFileDir }));
