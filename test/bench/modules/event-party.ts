// A module that publishes events or hears them, as its author would write it.
import { connectModule } from '../../../modules/api/module.ts';
import { type Payload, type Side, takePart } from '../event-party.ts';

const module = connectModule();
const side: Side = {
  publish: (data) => module.emit('price.BTC.update', data),
  subscribe: async (onEvent) => {
    const subscription = module.subscribe('price.*.update', ({ data }) =>
      onEvent(data as unknown as Payload),
    );
    await subscription.begun;
    return () => subscription.cancel();
  },
};
takePart(module.params['control'] as string, module.name ?? '', side);
