import { afterEach } from 'mocha';
import { type HouseOptions, TestHouse } from './house.ts';
import type { ModuleOptions } from './test-module.ts';

/** Opens a house whose one module is `bot`; it is closed after the test. For use in a `describe`. */
export function houseOfOneBot() {
  let house: TestHouse | null = null;
  afterEach(async () => {
    await house?.close();
    house = null;
  });
  return async (bot: ModuleOptions, options: Partial<HouseOptions> = {}): Promise<TestHouse> => {
    house = await TestHouse.open({ modules: { bot }, ...options });
    return house;
  };
}
