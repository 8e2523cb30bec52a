# The lock's versions; its hashes cannot be asked of a part of it, and the image needs no test tools.
FROM python:3.11-slim AS build
COPY . /src
RUN sed -E 's/ *\\$//; /^ +--hash/d' /src/requirements.lock > /tmp/versions \
 && python -m venv /app \
 && /app/bin/pip install --no-cache-dir --constraint /tmp/versions "/src[redis,otel]"

FROM python:3.11-slim
RUN useradd --uid 10001 --no-create-home mcp && install -d -o mcp -m 0700 /state
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PAI_DLC_STATE=/state
USER mcp
EXPOSE 8421
ENTRYPOINT ["pai-dlc-mcp"]
CMD ["serve", "--transport", "http", "--host", "0.0.0.0"]
