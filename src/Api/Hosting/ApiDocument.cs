using Diffusion.Api.Endpoints;
using Microsoft.OpenApi;

namespace Diffusion.Api.Hosting;

/// <summary>The OpenAPI document at /openapi/v1.json and Swagger UI over it at /swagger.</summary>
internal static class ApiDocument
{
    private const string Scheme = "key";

    public static void AddApiDocument(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(document =>
        {
            document.SwaggerDoc("v1", new OpenApiInfo
            {
                Title = "Diffusion",
                Version = "v1",
                Description = "Trains, versions and serves pixel-space diffusion models. Errors are problem details (RFC 9457); their `type` answers GET with an explanation. Live events: SignalR hubs at /hubs/generation and /hubs/training.",
                License = new OpenApiLicense { Name = "MIT" },
            });
            document.IncludeXmlComments(typeof(ApiDocument).Assembly);
            document.IncludeXmlComments(typeof(Inference.Jobs.QueueSnapshot).Assembly);
            document.IncludeXmlComments(typeof(Training.Runs.QueuedJob).Assembly);
            document.SupportNonNullableReferenceTypes();
            document.NonNullableReferenceTypesAsRequired();
            document.OperationFilter<ExchangeDocumentation>();
            document.OperationFilter<GenerateDocumentation>();
            document.OperationFilter<StartDocumentation>();
            document.OperationFilter<ComparisonDocumentation>();
            document.OperationFilter<GenerationDocumentation>();
            document.OperationFilter<TrainingDocumentation>();
            document.OperationFilter<DatasetDocumentation>();
            document.OperationFilter<EvaluationDocumentation>();
            document.SchemaFilter<EvaluationDocumentation>();
            document.AddSecurityDefinition(Scheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "dk_...",
                Description = "An API key, where the service has keys: `./run keys add NAME`. The header X-Api-Key takes it too.",
            });
            document.AddSecurityRequirement(whole => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, whole)] = [] });
        });
    }

    public static void UseApiDocument(this WebApplication app)
    {
        app.UseSwagger(o => o.RouteTemplate = "openapi/{documentName}.json");
        app.UseSwaggerUI(o =>
        {
            o.RoutePrefix = "swagger";
            o.DocumentTitle = "Diffusion API";
            o.SwaggerEndpoint("/openapi/v1.json", "Diffusion v1");
        });
    }
}
