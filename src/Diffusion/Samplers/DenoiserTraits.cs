using Diffusion.Schedules;

namespace Diffusion.Samplers;

/// <summary>What a sampler has to know of the model it is compiled for.</summary>
/// <param name="Schedule">The schedule the model was trained with.</param>
/// <param name="Prediction">What its output stands for.</param>
/// <param name="HasMemory">Whether it takes an earlier x_0 estimate as a second image (DDDM).</param>
/// <param name="LearnsVariance">Whether it says a variance for each pixel besides (Nichol and Dhariwal 2021).</param>
public sealed record DenoiserTraits(NoiseSchedule Schedule, Prediction Prediction, bool HasMemory = false, bool LearnsVariance = false);
