# syntax=docker/dockerfile:1
# docker build --build-arg TORCH=cuda|cpu|system -t diffusion .
#   cuda, cpu: TorchSharp's own packages (default: cuda);  system: Debian's libtorch through shims/TorchSharp
ARG TORCH=cuda

# TorchSharp's own libtorch needs the C++ runtime of these Ubuntu images; Debian 12 has the libtorch that 'system' binds
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS sdk
FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS aspnet

FROM sdk AS build-cuda
FROM sdk AS build-cpu
FROM debian:bookworm-slim AS build-system
COPY --from=sdk /usr/share/dotnet /usr/share/dotnet
RUN ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet \
 && apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates g++ libtorch-dev libopenblas0-pthread \
 && rm -rf /var/lib/apt/lists/*

FROM aspnet AS runtime-cuda
FROM aspnet AS runtime-cpu
FROM debian:bookworm-slim AS runtime-system
COPY --from=aspnet /usr/share/dotnet /usr/share/dotnet
RUN ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet \
 && apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libtorch1.13 libopenblas0-pthread libturbojpeg0 libwebp7 \
 && rm -rf /var/lib/apt/lists/*

FROM build-${TORCH} AS build
ARG TORCH
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
WORKDIR /source
RUN apt-get update && apt-get install -y --no-install-recommends npm && rm -rf /var/lib/apt/lists/*

# restore is its own layer: it changes only with the project files
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props ./
COPY src/Diffusion/*.csproj src/Diffusion/
COPY src/Inference/*.csproj src/Inference/
COPY src/Training/*.csproj src/Training/
COPY src/Api/*.csproj src/Api/
COPY shims/TorchSharp/*.csproj shims/TorchSharp/
COPY shims/SixLabors.ImageSharp/*.csproj shims/SixLabors.ImageSharp/
COPY shims/OpenTelemetry.Extensions.Hosting/*.csproj shims/OpenTelemetry.Extensions.Hosting/
RUN dotnet restore src/Api -p:Torch=$TORCH

COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

COPY . .
RUN mkdir -p src/Api/wwwroot/lib \
 && cp node_modules/@microsoft/signalr/dist/browser/signalr.min.js src/Api/wwwroot/lib/ \
 && dotnet publish src/Api -c Release --no-restore -p:Torch=$TORCH -o /app

FROM runtime-${TORCH}
RUN useradd --system --uid 10001 --create-home --home-dir /home/diffusion diffusion \
 && install -d -o diffusion -g diffusion /models /state /data
WORKDIR /app
COPY --from=build /app .
COPY --chown=diffusion:diffusion models /models
COPY docker/entrypoint.sh docker/healthcheck.sh /usr/local/bin/
USER diffusion
ENV ASPNETCORE_URLS=http://0.0.0.0:8080 \
    Inference__ModelsPath=/models \
    Training__Models=/models \
    Training__State=/state/training \
    Training__Data=/data \
    Store__Path=/state/generations \
    Api__KeyFile=/state/keys.json \
    DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
VOLUME ["/models", "/state", "/data"]
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s --retries=3 CMD ["healthcheck.sh"]
ENTRYPOINT ["entrypoint.sh"]
