/** A product for the length of one test. */
import { type Product, type ProductOptions, startProduct } from "./product.ts";

export async function withProduct(options: ProductOptions, test: (product: Product) => Promise<void>): Promise<void> {
  const product = await startProduct(options);
  try {
    await test(product);
  } catch (failure) {
    const lines = product.started ? product.log.slice(-25).map(({ text, atMs }) => `${Math.round(atMs)} ${text}`) : [];
    if (failure instanceof Error)
      failure.message += `\nNow ${Math.round(performance.now())}. The end of the log:\n${lines.join("\n")}`;
    throw failure;
  } finally {
    await product.stop();
  }
}
