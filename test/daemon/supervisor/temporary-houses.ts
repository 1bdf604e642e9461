import { afterEach } from 'mocha';
import { type HouseOptions, TestHouse } from './house.ts';
import type { ModuleOptions } from './test-module.ts';

/** Opens houses that are closed after the test. For use in a `describe`. */
export function temporaryHouses(): (options: HouseOptions) => Promise<TestHouse> {
  const houses: TestHouse[] = [];
  afterEach(async () => {
    for (const house of houses.splice(0)) await house.close();
  });
  return async (options) => {
    const house = await TestHouse.open(options);
    houses.push(house);
    return house;
  };
}

/** The same for houses whose one module is `bot`. */
export function houseOfOneBot() {
  const open = temporaryHouses();
  return (bot: ModuleOptions, options: Partial<HouseOptions> = {}): Promise<TestHouse> =>
    open({ modules: { bot }, ...options });
}
