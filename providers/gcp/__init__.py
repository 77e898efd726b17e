"""Google Cloud: `documents/` are Google's own descriptions of its APIs, `discovery` reads them."""
