/** Writes config/schema.json: `npm run generate`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema } from './json-schema.ts';
import { packageRoot } from './paths.ts';

const text = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
writeFileSync(join(packageRoot(), 'config', 'schema.json'), text);
